# Gives every symbol that a static library defines another name, in it and in one that uses it, so that a second copy of
# the same library can be in the program. CMAKE_NM and CMAKE_OBJCOPY are the cross compiler's.
#   tt_rename_symbols(LIBRARY USER)   mbedtls_x becomes tt_mbedtls_x
set(tt_symbols_script ${CMAKE_CURRENT_LIST_FILE})

function(tt_rename_symbols library user)
  set(names ${CMAKE_CURRENT_BINARY_DIR}/${library}.names)
  set(rename ${CMAKE_COMMAND} -DTT_NM=${CMAKE_NM} -DTT_OBJCOPY=${CMAKE_OBJCOPY} -DTT_NAMES=${names})
  add_custom_command(TARGET ${library} POST_BUILD
    COMMAND ${rename} -DTT_LIST=ON -DTT_ARCHIVE=$<TARGET_FILE:${library}> -P ${tt_symbols_script}
    VERBATIM)
  # A target that is built later: its archive is whole and the list is there.
  add_dependencies(${user} ${library})
  add_custom_command(TARGET ${user} POST_BUILD
    COMMAND ${rename} -DTT_ARCHIVE=$<TARGET_FILE:${user}> -P ${tt_symbols_script}
    VERBATIM)
endfunction()

# As a script.
if(CMAKE_SCRIPT_MODE_FILE AND TT_ARCHIVE)
  if(TT_LIST)
    execute_process(COMMAND ${TT_NM} --defined-only --extern-only -P ${TT_ARCHIVE}
      OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
    # A line a symbol: name, type, value, size; and one a member, which ends in a colon.
    string(REGEX MATCHALL "[^\n]+" lines "${symbols}")
    set(content "")
    foreach(line IN LISTS lines)
      if(line MATCHES "^([A-Za-z_][A-Za-z0-9_]*) [A-Z] ")
        set(name ${CMAKE_MATCH_1})
        if(NOT name MATCHES "^tt_") # an archive that was not built anew
          string(APPEND content "${name} tt_${name}\n")
        endif()
      endif()
    endforeach()
    file(WRITE ${TT_NAMES} "${content}")
  endif()
  execute_process(COMMAND ${TT_OBJCOPY} --redefine-syms=${TT_NAMES} ${TT_ARCHIVE} COMMAND_ERROR_IS_FATAL ANY)
endif()
