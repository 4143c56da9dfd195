#include "framework/core/registry.h"

#include <catch2/catch.hpp>

#include "tests/support/error_text.h"

namespace deepmine {
namespace {

using Catch::Contains;

class Animal {
 public:
  static constexpr const char* kKind = "animal";
  virtual ~Animal() = default;
  virtual std::string sound() const = 0;
};

struct Plant {
  static constexpr const char* kKind = "plant";
};

class Dog : public Animal {
 public:
  struct Options {
    std::int64_t barks = 2;
    void describe(Fields& fields) {
      fields.add({"barks", &barks, "barks", "how often", "observed", {1, 9}});
    }
  };
  explicit Dog(const Options& options) : options_(options) {}
  std::string sound() const override { return fmt::format("{} barks", options_.barks); }

 private:
  Options options_;
};

class Fish : public Animal {
 public:
  using Options = NoOptions;
  explicit Fish(const Options&) {}
  std::string sound() const override { return "nothing"; }
};

DEEPMINE_REGISTER(Animal, Dog, "dog", "A dog");
DEEPMINE_REGISTER(Animal, Fish, "fish", "A fish");

const Registry<Animal>& animals() { return Registry<Animal>::instance(); }

TEST_CASE("A registered class is made from a spec by its name") {
  REQUIRE(animals().names() == std::vector<std::string>{"dog", "fish"});
  REQUIRE(animals().contains("dog"));
  REQUIRE_FALSE(animals().contains("cat"));
  REQUIRE(animals().make(Spec::parse("dog"))->sound() == "2 barks");
  REQUIRE(animals().make(Spec::parse("dog:barks=3"))->sound() == "3 barks");
  REQUIRE(animals().make(Spec::parse("fish"))->sound() == "nothing");
  REQUIRE(animals().canonical(Spec::parse("dog")) == "dog:barks=2");
  REQUIRE(animals().canonical(Spec::parse("fish")) == "fish");
}

TEST_CASE("A registered class describes its options") {
  const Description dog = animals().describe("dog");
  REQUIRE(dog.name == "dog");
  REQUIRE(dog.title == "A dog");
  REQUIRE(dog.options.size() == 1);
  const Description::Option& barks = dog.options.front();
  REQUIRE(barks.name == "barks");
  REQUIRE(barks.type == "whole number in [1, 9]");
  REQUIRE(barks.value == "2");
  REQUIRE(barks.unit == "barks");
  REQUIRE(barks.source == "observed");
  REQUIRE(animals().describe("fish").options.empty());
}

TEST_CASE("An unknown name is refused with the kind and the known names") {
  const std::string known = "unknown animal \"cat\"; known: dog, fish";
  REQUIRE(error_text([] { animals().make(Spec::parse("cat")); }) == known);
  REQUIRE(error_text([] { animals().canonical(Spec::parse("cat")); }) == known);
  REQUIRE(error_text([] { animals().describe("cat"); }) == known);
}

TEST_CASE("A wrong option is refused with the owner's name") {
  REQUIRE_THAT(error_text([] { animals().make(Spec::parse("dog:tail=1")); }),
               Contains("dog: unknown key \"tail\"") && Contains("barks"));
  REQUIRE_THAT(error_text([] { animals().make(Spec::parse("fish:fins=1")); }),
               Contains("it has none"));
}

TEST_CASE("A name that is taken stays with the class that has it") {
  REQUIRE_FALSE(Registry<Animal>::instance().add<Fish>("dog", "An impostor"));
  REQUIRE(animals().describe("dog").title == "A dog");
  REQUIRE(animals().make(Spec::parse("dog"))->sound() == "2 barks");
  REQUIRE(animals().names().size() == 2);
}

TEST_CASE("The file that registers a class is known") {
  const std::set<std::string> files = animals().files(Spec::parse("dog:barks=3"));
  REQUIRE(files.size() == 1);
  REQUIRE_THAT(*files.begin(), Catch::EndsWith("tests/framework/core/registry_test.cpp"));
  REQUIRE(error_text([] { animals().files(Spec::parse("cat")); }) == "unknown animal \"cat\"; known: dog, fish");
}

TEST_CASE("Each kind has a registry of its own") {
  REQUIRE(Registry<Plant>::instance().names().empty());
}

}  // namespace
}  // namespace deepmine
