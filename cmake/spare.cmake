# Debian's libtorch names OpenCV and ffmpeg among its libraries, which bring 200 more, and uses nothing of them. Programs
# that find an empty library under those names first start in half the time. Names are those of the libtorch that is
# there as the build is configured: another one's libraries are simply loaded, and a test starts the program with all its
# symbols looked up at once.
get_target_property(torch_library torch_cpu LOCATION)
execute_process(COMMAND ${CMAKE_OBJDUMP} -p ${torch_library} OUTPUT_VARIABLE torch_needs ERROR_QUIET)
string(REGEX MATCHALL "lib(opencv_[a-z0-9]+|avcodec|avformat|avutil|swscale|swresample)\\.so\\.[0-9]+" unused "${torch_needs}")
if(DEEPMINE_PHOTO_LIBRARIES)  # these are used after all, see photo.cmake
  list(FILTER unused EXCLUDE REGEX "opencv_(photo|imgproc|core)\\.")
endif()
set(spare ${CMAKE_BINARY_DIR}/spare)
file(GLOB former ${spare}/*.so.*)
if(former)
  file(REMOVE ${former})
endif()
file(MAKE_DIRECTORY ${spare})
file(WRITE ${spare}/spare.cpp "")
add_library(deepmine_spare MODULE ${spare}/spare.cpp)
set_target_properties(deepmine_spare PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${spare})
foreach(name ${unused})
  file(CREATE_LINK libdeepmine_spare.so ${spare}/${name} SYMBOLIC)
endforeach()
# The older kind of path, which libraries' own libraries are looked for in as well.
set(CMAKE_BUILD_RPATH $ORIGIN/spare $ORIGIN/../spare)  # of the program, and of tests
add_link_options(-Wl,--disable-new-dtags)
