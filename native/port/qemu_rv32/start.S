# Reset and traps of the RISC-V machine: memory as C wants it, the stack painted, then main.
    .option arch, +zicsr
    .section .start, "ax"
    .globl tt_start
tt_start:
    .option push
    .option norelax
    la gp, tt_data_start + 0x800
    .option pop
    la sp, tt_stack_top
    la tp, tt_thread
    la t0, trap
    csrw mtvec, t0
    la a0, tt_data_load
    la a1, tt_data_start
    la a2, tt_data_end
1:  bgeu a1, a2, 2f
    lw t0, 0(a0)
    sw t0, 0(a1)
    addi a0, a0, 4
    addi a1, a1, 4
    j 1b
2:  la a1, tt_thread
    la a2, tt_bss_end
    li t0, 0
    call fill
    la a1, tt_stack_bottom
    mv a2, sp
    li t0, 0x5A5A5A5A
    call fill
    call main
    j tt_rv32_reset

fill:
    bgeu a1, a2, 1f
    sw t0, 0(a1)
    addi a1, a1, 4
    j fill
1:  ret

    .align 4
trap:
    csrr a0, mcause
    csrr a1, mepc
    csrr a2, mtval
    j tt_rv32_faulted
