# What the sandboxes' network needs: Debian package libnl-route-3-dev; at run time also the program nft.
pkg_check_modules(NETLINK REQUIRED IMPORTED_TARGET libnl-route-3.0)
