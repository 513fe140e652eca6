add_executable(http_fuzz http_fuzz.cpp)
target_link_libraries(http_fuzz PRIVATE http)
