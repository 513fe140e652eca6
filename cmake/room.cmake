# room(NAME [USES room…] [LINK target…]): one folder = one static library = one namespace.
# Every *.cpp of the folder belongs to it (subfolders too); *_test.cpp become NAME_test, a GoogleTest program.
# USES is the dependency rule: tools/check_rooms.py refuses an #include of a room that is not listed.
function(room NAME)
  cmake_parse_arguments(ROOM "" "" "USES;LINK;EXCLUDE" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  foreach(pattern ${ROOM_EXCLUDE})
    list(FILTER sources EXCLUDE REGEX ${pattern})
  endforeach()
  if(NOT sources)  # a room of headers only
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${NAME}.cpp "")
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/${NAME}.cpp)
  endif()
  add_library(${NAME} STATIC ${sources})
  target_include_directories(${NAME} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${NAME} PUBLIC ${ROOM_USES} ${ROOM_LINK} fmt::fmt Threads::Threads)
  target_compile_options(${NAME} PRIVATE ${OPENFC_SANITIZE_FLAGS})
  if(tests)
    add_executable(${NAME}_test ${tests})
    target_link_libraries(${NAME}_test PRIVATE ${NAME} GTest::gtest GTest::gtest_main)
    target_compile_options(${NAME}_test PRIVATE ${OPENFC_SANITIZE_FLAGS})
    add_test(NAME ${NAME} COMMAND ${NAME}_test)
    set_tests_properties(${NAME} PROPERTIES LABELS unit TIMEOUT 300)
  endif()
endfunction()

# Files that wrap a header-only library's compiled part: no sanitizer, no warnings.
function(library_source FILE)
  set_source_files_properties(${FILE} PROPERTIES COMPILE_OPTIONS "-w;-fno-sanitize=all")
endfunction()
