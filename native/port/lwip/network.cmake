# lwIP as a library `network`.
set(lwip_modules
  core/init core/def core/dns core/inet_chksum core/ip core/mem core/memp core/netif core/pbuf core/tcp core/tcp_in
  core/tcp_out core/timeouts core/udp core/ipv4/dhcp core/ipv4/etharp core/ipv4/icmp core/ipv4/ip4
  core/ipv4/ip4_addr netif/ethernet apps/sntp/sntp)
list(TRANSFORM lwip_modules PREPEND ${third_party}/lwip/src/)
list(TRANSFORM lwip_modules APPEND .c)
add_library(network STATIC ${lwip_modules})
target_include_directories(network SYSTEM PUBLIC ${third_party}/lwip/src/include ${native}/port/lwip)
tt_third_party(network)
