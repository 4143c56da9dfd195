# Tells the program what it was built from. Included, it gives deepmine_provenance(TARGET); run as a
# script by every build, it writes deepmine_source.h anew when the sources or the commit have changed.
if(CMAKE_SCRIPT_MODE_FILE)
  file(GLOB_RECURSE sources RELATIVE ${ROOT}
       ${ROOT}/framework/*.h ${ROOT}/framework/*.cpp ${ROOT}/attacks/*.h ${ROOT}/attacks/*.cpp
       ${ROOT}/datasets/*.h ${ROOT}/datasets/*.cpp ${ROOT}/experiments/*.h ${ROOT}/experiments/*.cpp
       ${ROOT}/results/*.sql)
  list(FILTER sources EXCLUDE REGEX "^framework/app/")  # it changes no number
  list(SORT sources)
  set(listing "")
  foreach(source ${sources})
    file(SHA256 ${ROOT}/${source} checksum)
    string(APPEND listing "${source} ${checksum}\n")
  endforeach()
  string(SHA256 DIGEST "${listing}")

  set(COMMIT "")
  set(DIRTY 0)
  set(diff "")
  set(git ${CMAKE_COMMAND} -E env GIT_OPTIONAL_LOCKS=0 git -C ${ROOT})
  execute_process(COMMAND ${git} rev-parse --show-toplevel OUTPUT_VARIABLE top RESULT_VARIABLE failed
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  file(REAL_PATH ${ROOT} root)
  if(NOT failed AND top STREQUAL root)  # not some repository the sources merely lie in
    execute_process(COMMAND ${git} rev-parse --verify HEAD OUTPUT_VARIABLE COMMIT
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    execute_process(COMMAND ${git} status --porcelain OUTPUT_VARIABLE changes ERROR_QUIET)
    if(changes)
      set(DIRTY 1)
      # What numbers may depend on; files that git does not know yet are named.
      execute_process(COMMAND ${git} diff HEAD --no-color -- framework attacks datasets experiments results/schema.sql
                      results/views cmake CMakeLists.txt OUTPUT_VARIABLE diff ERROR_QUIET)
      execute_process(COMMAND ${git} ls-files --others --exclude-standard OUTPUT_VARIABLE unknown ERROR_QUIET)
      string(LENGTH "${diff}" length)
      if(length GREATER 1000000)
        string(SUBSTRING "${diff}" 0 1000000 diff)
        string(APPEND diff "\n(cut off)\n")
      endif()
      if(unknown)
        string(APPEND diff "unknown to git:\n${unknown}")
      endif()
      string(REPLACE ")deepmine_diff" ") deepmine_diff" diff "${diff}")
    endif()
  endif()
  configure_file(${ROOT}/cmake/deepmine_source.h.in ${OUTPUT} @ONLY)  # keeps an equal file
  get_filename_component(folder ${OUTPUT} DIRECTORY)
  set(text "R\"deepmine_diff(${diff})deepmine_diff\"\n")
  set(before "")
  if(EXISTS ${folder}/deepmine_diff.inc)
    file(READ ${folder}/deepmine_diff.inc before)
  endif()
  if(NOT text STREQUAL before)
    file(WRITE ${folder}/deepmine_diff.inc "${text}")
  endif()
  return()
endif()

# TARGET may include "deepmine_source.h".
function(deepmine_provenance target)
  get_directory_property(options COMPILE_OPTIONS)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  string(JOIN " " flags ${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}} ${options})
  set(output ${CMAKE_BINARY_DIR}/generated/deepmine_source.h)
  add_custom_target(deepmine_source ALL BYPRODUCTS ${output} ${CMAKE_BINARY_DIR}/generated/deepmine_diff.inc COMMENT "" VERBATIM
    COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR} -DOUTPUT=${output}
      "-DCOMPILER=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}" "-DFLAGS=${flags}"
      -P ${CMAKE_SOURCE_DIR}/cmake/provenance.cmake)
  add_dependencies(${target} deepmine_source)
  target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/generated)
endfunction()
