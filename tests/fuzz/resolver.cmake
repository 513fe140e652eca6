if(TARGET sandbox_launcher)
  add_executable(resolver_fuzz resolver_fuzz.cpp)
  target_link_libraries(resolver_fuzz PRIVATE sandbox_launcher)
endif()
