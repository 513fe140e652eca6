# `cmake --install BUILD --prefix /usr`: what the systemd unit starts. The server finds its parts beside itself, in
# <prefix>/lib/openfc.
install(TARGETS openfc RUNTIME DESTINATION bin)
install(DIRECTORY ${CMAKE_BINARY_DIR}/lib/openfc DESTINATION lib USE_SOURCE_PERMISSIONS)
install(FILES packaging/openfc.service DESTINATION lib/systemd/system)
install(FILES packaging/sysusers.conf DESTINATION lib/sysusers.d RENAME openfc.conf)

# What only a package has: `ninja package_files` makes it with the program itself.
set(package_files ${CMAKE_BINARY_DIR}/package)
add_custom_command(
  OUTPUT ${package_files}/openfc.1.gz ${package_files}/openfc ${package_files}/_openfc ${package_files}/openfc.fish
  COMMAND ${CMAKE_COMMAND} -E make_directory ${package_files}
  COMMAND ${CMAKE_SOURCE_DIR}/tools/man_page.py $<TARGET_FILE:openfc> | gzip -9n >${package_files}/openfc.1.gz
  COMMAND $<TARGET_FILE:openfc> completion bash >${package_files}/openfc
  COMMAND $<TARGET_FILE:openfc> completion zsh >${package_files}/_openfc
  COMMAND $<TARGET_FILE:openfc> completion fish >${package_files}/openfc.fish
  DEPENDS openfc ${CMAKE_SOURCE_DIR}/tools/man_page.py
  COMMENT "Make the manual page and the completion of shells")
add_custom_target(package_files DEPENDS ${package_files}/openfc.1.gz)
install(FILES ${package_files}/openfc.1.gz DESTINATION share/man/man1 COMPONENT package EXCLUDE_FROM_ALL)
install(FILES ${package_files}/openfc DESTINATION share/bash-completion/completions COMPONENT package EXCLUDE_FROM_ALL)
install(FILES ${package_files}/_openfc DESTINATION share/zsh/vendor-completions COMPONENT package EXCLUDE_FROM_ALL)
install(FILES ${package_files}/openfc.fish DESTINATION share/fish/vendor_completions.d COMPONENT package EXCLUDE_FROM_ALL)
install(FILES packaging/config.yaml DESTINATION /etc/openfc PERMISSIONS OWNER_READ OWNER_WRITE COMPONENT package EXCLUDE_FROM_ALL)
install(FILES LICENSE DESTINATION share/doc/openfc RENAME copyright COMPONENT package EXCLUDE_FROM_ALL)
install(DIRECTORY examples DESTINATION share/doc/openfc COMPONENT package EXCLUDE_FROM_ALL)

# CPack is called with a configuration of our own (tools/package.sh): its module would claim the target `package`, which
# is a room.
configure_file(packaging/deb/CPackConfig.cmake.in ${package_files}/CPackConfig.cmake @ONLY)
