add_executable(frame_fuzz frame_fuzz.cpp)
target_link_libraries(frame_fuzz PRIVATE runtime)
