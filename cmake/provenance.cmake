# Tells the program what it was built from. Included, it gives deepmine_provenance(TARGET); run as a
# script by every build (cmake -DROOT=... -DOUTPUT=... -P provenance.cmake), it writes one source file anew when the sources
# or the commit have changed, so that nothing else is compiled for that.
if(CMAKE_SCRIPT_MODE_FILE)
  file(GLOB_RECURSE sources RELATIVE ${ROOT}
       ${ROOT}/framework/*.h ${ROOT}/framework/*.cpp ${ROOT}/attacks/*.h ${ROOT}/attacks/*.cpp
       ${ROOT}/datasets/*.h ${ROOT}/datasets/*.cpp ${ROOT}/experiments/*.h ${ROOT}/experiments/*.cpp
       ${ROOT}/results/*.sql)
  list(FILTER sources EXCLUDE REGEX "^framework/app/")  # it changes no number
  list(SORT sources)
  set(listing "")  # for the class Sources
  foreach(source ${sources})
    file(SHA256 ${ROOT}/${source} checksum)
    file(STRINGS ${ROOT}/${source} includes REGEX "^#include \"")
    list(TRANSFORM includes REPLACE "^#include \"([^\"]*)\".*" "\\1")
    list(JOIN includes "\t" includes)
    string(APPEND listing "${source}\t${checksum}\t${includes}\n")
  endforeach()

  set(commit "")
  set(dirty false)
  set(diff "")
  set(git ${CMAKE_COMMAND} -E env GIT_OPTIONAL_LOCKS=0 git -C ${ROOT})
  execute_process(COMMAND ${git} rev-parse --show-toplevel OUTPUT_VARIABLE top RESULT_VARIABLE failed
                  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  file(REAL_PATH ${ROOT} root)
  if(NOT failed AND top STREQUAL root)  # not some repository the sources merely lie in
    execute_process(COMMAND ${git} rev-parse --verify HEAD OUTPUT_VARIABLE commit
                    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    execute_process(COMMAND ${git} status --porcelain OUTPUT_VARIABLE changes ERROR_QUIET)
    if(changes)
      set(dirty true)
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
      string(REPLACE ")deepmine_text" ") deepmine_text" diff "${diff}")
    endif()
  endif()
  set(text "#include \"framework/run/built_from.h\"\n\nnamespace deepmine {\n\nconst BuiltFrom kBuiltFrom = {\n")
  string(APPEND text "    R\"deepmine_text(${listing})deepmine_text\",\n    \"${commit}\", ${dirty},\n"
         "    R\"deepmine_text(${diff})deepmine_text\",\n"
         "    R\"deepmine_text(${COMPILER})deepmine_text\",\n    R\"deepmine_text(${FLAGS})deepmine_text\"};\n\n"
         "}  // namespace deepmine\n")
  set(before "")
  if(EXISTS ${OUTPUT})
    file(READ ${OUTPUT} before)
  endif()
  if(NOT text STREQUAL before)
    file(WRITE ${OUTPUT} "${text}")
  endif()
  return()
endif()

# TARGET gets `kBuiltFrom`.
function(deepmine_provenance target)
  get_directory_property(options COMPILE_OPTIONS)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  string(JOIN " " flags ${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}} ${options})
  set(output ${CMAKE_BINARY_DIR}/generated/built_from.cpp)
  add_custom_target(deepmine_source ALL BYPRODUCTS ${output} COMMENT "" VERBATIM
    COMMAND ${CMAKE_COMMAND} -DROOT=${CMAKE_SOURCE_DIR} -DOUTPUT=${output}
      "-DCOMPILER=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}" "-DFLAGS=${flags}"
      -P ${CMAKE_SOURCE_DIR}/cmake/provenance.cmake)
  add_dependencies(${target} deepmine_source)
  target_sources(${target} PRIVATE ${output})
endfunction()
