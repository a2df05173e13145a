(module
  (memory (export "memory") 1 1)
  (data (i32.const 4094) "abcd")
  (func (export "start"))
  (func (export "on_event") (param i32 i32)))
