# Nothing of others: the driver is this folder.
add_library(network INTERFACE)
