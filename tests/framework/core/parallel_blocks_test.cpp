#include "framework/core/parallel_blocks.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include "framework/core/interrupt.h"

using namespace deepmine;

TEST_CASE("parallel blocks visit every index once") {
  for (std::size_t count : {0U, 1U, 15U, 16U, 17U, 1000U}) {
    for (std::size_t threads : {0U, 1U, 4U, 100U}) {
      std::vector<int> visits(count, 0);
      parallel_blocks(count, 16, threads, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) ++visits[i];
      });
      CHECK(visits == std::vector<int>(count, 1));
    }
  }
}

TEST_CASE("the exception of the first failing block reaches the caller") {
  for (std::size_t threads : {1U, 4U}) {
    std::string text;
    try {
      parallel_blocks(100, 10, threads, [](std::size_t begin, std::size_t) {
        if (begin >= 30) throw std::runtime_error(std::to_string(begin));
      });
    } catch (const std::runtime_error& error) {
      text = error.what();
    }
    CHECK(text == "30");
  }
}

TEST_CASE("after an exception only blocks before it are begun") {
  int begun = 0;
  const auto work = [&](std::size_t begin, std::size_t) {
    ++begun;
    if (begin == 3) throw std::runtime_error("three");
  };
  CHECK_THROWS_AS(parallel_blocks(1000, 1, 1, work), std::runtime_error);
  CHECK(begun == 4);
}

TEST_CASE("after an interrupt no block is begun and the caller is told") {
  install_interrupt_handlers();
  int begun = 0;
  const auto work = [&](std::size_t, std::size_t) {
    if (++begun == 3) ::raise(SIGUSR1);
  };
  CHECK_THROWS_AS(parallel_blocks(1000, 1, 1, work), Interrupted);
  CHECK(begun == 3);
  CHECK_THROWS_AS(parallel_blocks(1000, 1, 4, work), Interrupted);
  CHECK(begun == 3);
  forget_interrupt();
  CHECK_NOTHROW(parallel_blocks(10, 1, 1, work));
}
