add_executable(zip_fuzz zip_fuzz.cpp)
target_link_libraries(zip_fuzz PRIVATE package)
