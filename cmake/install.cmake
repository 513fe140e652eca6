# `cmake --install BUILD --prefix /usr`: what the systemd unit starts. The server finds its parts beside itself, in
# <prefix>/lib/openfc.
install(TARGETS openfc RUNTIME DESTINATION bin)
install(DIRECTORY ${CMAKE_BINARY_DIR}/lib/openfc DESTINATION lib USE_SOURCE_PERMISSIONS)
install(FILES packaging/openfc.service DESTINATION lib/systemd/system)
install(FILES packaging/sysusers.conf DESTINATION lib/sysusers.d RENAME openfc.conf)
