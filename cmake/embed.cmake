# Carries files inside the program. Included, it gives deepmine_embed(TARGET); run as a script by the
# build (cmake -DROOT=... -DFILES=... -DOUTPUT=... -P embed.cmake), it writes the source file.
if(CMAKE_SCRIPT_MODE_FILE)
  set(text "#include \"framework/run/embedded.h\"\n\nnamespace deepmine {\n\n")
  string(APPEND text "const std::vector<EmbeddedFile>& embedded_files() {\n")
  string(APPEND text "  static const std::vector<EmbeddedFile> files = {\n")
  string(REPLACE "|" ";" FILES "${FILES}")
  foreach(file ${FILES})
    file(READ ${ROOT}/${file} content)
    string(APPEND text "      {\"${file}\", R\"embedded(${content})embedded\"},\n")
  endforeach()
  string(APPEND text "  };\n  return files;\n}\n\n}  // namespace deepmine\n")
  file(WRITE ${OUTPUT} "${text}")
  return()
endif()

# The schema, the views, the papers' cells and the styles and script of the report become part of TARGET, in order of their names.
function(deepmine_embed target)
  set(root ${CMAKE_SOURCE_DIR}/results)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${root} ${root}/schema.sql ${root}/views/*.sql
       ${root}/published/*.csv ${root}/report/page.*)
  list(SORT files)
  list(TRANSFORM files PREPEND ${root}/ OUTPUT_VARIABLE paths)
  string(REPLACE ";" "|" joined "${files}")
  set(output ${CMAKE_BINARY_DIR}/generated/embedded_files.cpp)
  set(script ${CMAKE_SOURCE_DIR}/cmake/embed.cmake)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DROOT=${root} "-DFILES=${joined}" -DOUTPUT=${output} -P ${script}
    DEPENDS ${paths} ${script} VERBATIM)
  target_sources(${target} PRIVATE ${output})
endfunction()
