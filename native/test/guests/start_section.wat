(module
  (memory (export "memory") 1 1)
  (func $top)
  (start $top)
  (func (export "start"))
  (func (export "on_event") (param i32 i32)))
