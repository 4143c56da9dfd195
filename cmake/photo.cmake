# OpenCV's photo module, for non-local means: used where it is installed (libopencv-photo-dev, which has no CMake
# files), else left out. DEEPMINE_PHOTO_LIBRARIES are what to link, none without.
option(DEEPMINE_PHOTO "Non-local means by OpenCV's photo module, where it is installed" ON)
set(DEEPMINE_PHOTO_LIBRARIES)
if(DEEPMINE_PHOTO)
  find_path(photo_include opencv2/photo.hpp PATH_SUFFIXES opencv4)
  foreach(module photo imgproc core)
    find_library(photo_${module} opencv_${module})
    list(APPEND DEEPMINE_PHOTO_LIBRARIES ${photo_${module}})
  endforeach()
  if(NOT photo_include OR DEEPMINE_PHOTO_LIBRARIES MATCHES "NOTFOUND")
    set(DEEPMINE_PHOTO_LIBRARIES)
  endif()
endif()
if(DEEPMINE_PHOTO_LIBRARIES)
  set_source_files_properties(framework/detect/non_local_means.cpp PROPERTIES
    COMPILE_DEFINITIONS DEEPMINE_OPENCV_PHOTO COMPILE_OPTIONS "-isystem;${photo_include}")
endif()
