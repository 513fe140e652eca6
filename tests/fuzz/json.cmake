add_executable(json_fuzz json_fuzz.cpp)
target_link_libraries(json_fuzz PRIVATE model)
