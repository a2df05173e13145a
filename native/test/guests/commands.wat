;; A guest that does what a direct method's payload says: a letter, then i32 arguments A and B.
(module
  (type $void (func))
  (type $unary (func (param i32) (result i32)))
  (import "event" "read" (func $read (param i32 i32 i32) (result i32)))
  (import "timer" "start" (func $timer_start (param i32 i32) (result i32)))
  (import "timer" "cancel" (func $timer_cancel (param i32) (result i32)))
  (import "gpio" "write" (func $gpio_write (param i32 i32) (result i32)))
  (import "gpio" "watch" (func $gpio_watch (param i32 i32) (result i32)))
  (import "gpio" "output" (func $gpio_output (param i32 i32) (result i32)))
  (import "hub" "reply" (func $hub_reply (param i32 i32 i32 i32) (result i32)))
  (import "hub" "send" (func $hub_send (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "store" "get" (func $store_get (param i32 i32 i32 i32) (result i32)))
  (import "device" "restart" (func $restart (param i32) (result i32)))
  (import "device" "abort" (func $abort (param i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1 1)
  (global $heap (export "heap_bytes") (mut i32) (i32.const 0))
  (table 4 funcref)
  (elem (i32.const 0) $nothing $same)
  (data (i32.const 16) "b\00o\00o\00m\00")
  (data (i32.const 32) "m\00a\00i\00n\00.\00t\00s\00")
  (func $nothing)
  (func $same (param i32) (result i32) (local.get 0))
  (func $recurse (param i32) (result i32)
    (i32.add (i32.const 1) (call $recurse (i32.add (local.get 0) (i32.const 1)))))
  (func (export "start")
    (if (i32.ge_s (call $store_get (i32.const 16) (i32.const 4) (i32.const 0) (i32.const 0)) (i32.const 0))
      (then (unreachable))))
  (func (export "__collect") (global.set $heap (i32.const 100)))
  (func $obey (param $id i32) (param $op i32) (param $a i32) (param $b i32)
    (if (i32.eq (local.get $op) (i32.const 84)) (then (drop (call $timer_start (local.get $a) (local.get $b))))) ;; T
    (if (i32.eq (local.get $op) (i32.const 67)) (then (drop (call $timer_cancel (local.get $a))))) ;; C
    (if (i32.eq (local.get $op) (i32.const 87)) (then (drop (call $gpio_write (local.get $a) (local.get $b))))) ;; W
    (if (i32.eq (local.get $op) (i32.const 72)) (then (drop (call $gpio_watch (local.get $a) (local.get $b))))) ;; H
    (if (i32.eq (local.get $op) (i32.const 80)) (then (drop (call $gpio_output (i32.const 32) (local.get $a))))) ;; P
    (if (i32.eq (local.get $op) (i32.const 89)) ;; Y: replies with status A and the last B bytes of the payload
      (then (drop (call $hub_reply (local.get $id) (local.get $a) (i32.const 265) (local.get $b)))))
    (if (i32.eq (local.get $op) (i32.const 83)) ;; S: sends B bytes from A
      (then (drop (call $hub_send (local.get $a) (local.get $b) (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const 0)))))
    (if (i32.eq (local.get $op) (i32.const 82)) (then (drop (call $restart (local.get $a))))) ;; R
    (if (i32.eq (local.get $op) (i32.const 103)) ;; g: garbage
      (then (global.set $heap (i32.add (global.get $heap) (local.get $a)))))
    (if (i32.eq (local.get $op) (i32.const 97)) ;; a
      (then
        (call $abort (i32.const 16) (i32.const 4) (i32.const 32) (i32.const 7) (i32.const 12) (i32.const 5))
        (unreachable)))
    (if (i32.eq (local.get $op) (i32.const 117)) (then (unreachable))) ;; u
    (if (i32.eq (local.get $op) (i32.const 100)) (then (drop (i32.div_s (local.get $a) (local.get $b))))) ;; d
    (if (i32.eq (local.get $op) (i32.const 111)) (then (drop (i32.load (local.get $a))))) ;; o
    (if (i32.eq (local.get $op) (i32.const 79)) (then (i64.store (local.get $a) (i64.const -1)))) ;; O
    (if (i32.eq (local.get $op) (i32.const 108)) (then (loop $again (br $again)))) ;; l
    (if (i32.eq (local.get $op) (i32.const 115)) (then (drop (call $recurse (i32.const 0))))) ;; s
    (if (i32.eq (local.get $op) (i32.const 105)) ;; i: calls table element A as a unary function
      (then (drop (call_indirect (type $unary) (i32.const 7) (local.get $a)))))
    (if (i32.eq (local.get $op) (i32.const 109)) (then (drop (memory.grow (i32.const 1))))) ;; m
  )
  (func (export "on_event") (param $kind i32) (param $id i32)
    (drop (call $read (i32.const 0) (i32.const 256) (i32.const 128)))
    (if (i32.or (i32.eq (local.get $kind) (i32.const 3)) (i32.eq (local.get $kind) (i32.const 4)))
      (then
        (call $obey (local.get $id) (i32.load8_u (i32.const 256)) (i32.load (i32.const 257))
          (i32.load (i32.const 261)))))))
