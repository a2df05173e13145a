# No kernel: one stack for both loops, as large as the larger needs, and what main has on it already.
add_library(os INTERFACE)
set(stack_bytes ${TT_APP_STACK_BYTES})
if(TT_LINK_STACK_BYTES GREATER stack_bytes)
  set(stack_bytes ${TT_LINK_STACK_BYTES})
endif()
math(EXPR stack_bytes "${stack_bytes} + 256")
target_link_options(os INTERFACE -Wl,--defsym=tt_stack_bytes=${stack_bytes})
