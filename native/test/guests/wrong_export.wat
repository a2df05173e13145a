(module
  (memory (export "memory") 1 1)
  (func (export "start"))
  (func (export "on_event") (param i32) (result i32) (local.get 0)))
