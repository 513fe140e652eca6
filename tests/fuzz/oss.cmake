add_executable(oss_fuzz oss_fuzz.cpp)
target_link_libraries(oss_fuzz PRIVATE oss)
