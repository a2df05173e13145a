(module
  (import "gpio" "explode" (func (param i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "start"))
  (func (export "on_event") (param i32 i32)))
