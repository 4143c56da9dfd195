#include "framework/app/command.h"

int main(int argc, char** argv) {
  return deepmine::run_program({argv + 1, argv + argc});
}
