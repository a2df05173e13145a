(module
  (memory (export "memory") 2 2)
  (func (export "start"))
  (func (export "on_event") (param i32 i32)))
