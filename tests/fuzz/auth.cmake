add_executable(auth_fuzz auth_fuzz.cpp)
target_link_libraries(auth_fuzz PRIVATE auth)
