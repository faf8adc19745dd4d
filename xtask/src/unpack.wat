;; Merges the streams of a packed module: see pack.rs. The page's script (unpack.js) lays out the
;; memory: the places of 256 streams of each kind (four bytes each, from 0), the table of operands (256
;; bytes, from 16384), that of alignments (from 16640), the packed files, and room for the module. A
;; script would take 40 ms for this.
(module
  (memory (export "memory") 1)
  ;; Where the next byte goes.
  (global $to (mut i32) (i32.const 0))

  ;; Copies bytes of a stream.
  (func $bytes (export "bytes") (param $stream i32) (param $count i32)
    (memory.copy (global.get $to) (i32.load (local.get $stream)) (local.get $count))
    (i32.store (local.get $stream) (i32.add (i32.load (local.get $stream)) (local.get $count)))
    (global.set $to (i32.add (global.get $to) (local.get $count))))

  ;; Copies a number in LEB128; the answer is what it means without a sign.
  (func $number (param $stream i32) (result i32)
    (local $at i32) (local $byte i32) (local $value i32) (local $shift i32)
    (local.set $at (i32.load (local.get $stream)))
    (loop $more
      (local.set $byte (i32.load8_u (local.get $at)))
      (i32.store8 (global.get $to) (local.get $byte))
      (global.set $to (i32.add (global.get $to) (i32.const 1)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $value (i32.or (local.get $value)
        (i32.shl (i32.and (local.get $byte) (i32.const 127)) (local.get $shift))))
      (local.set $shift (i32.add (local.get $shift) (i32.const 7)))
      (br_if $more (i32.gt_u (local.get $byte) (i32.const 127))))
    (i32.store (local.get $stream) (local.get $at))
    (local.get $value))

  (func $numbers (param $stream i32) (param $count i32)
    (loop $more
      (if (local.get $count) (then
        (drop (call $number (local.get $stream)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $more)))))

  ;; The operations of one function, to its end.
  (func $body
    (local $depth i32) (local $op i32) (local $what i32) (local $previous i32)
    (local $operand i32) (local $stream i32)
    (local.set $depth (i32.const 1))
    (local.set $op (i32.load (i32.const 2048)))
    (loop $next
      (local.set $previous (local.get $what))
      (local.set $what (i32.load8_u (local.get $op)))
      (local.set $op (i32.add (local.get $op) (i32.const 1)))
      (i32.store8 (global.get $to) (local.get $what))
      (global.set $to (i32.add (global.get $to) (i32.const 1)))
      (local.set $operand (i32.load8_u offset=16384 (local.get $what)))
      (if (local.get $operand) (then
        (local.set $stream (i32.shl (i32.and (local.get $operand) (i32.const 15)) (i32.const 10)))
        ;; A load or a store has an alignment before its offset.
        (if (i32.or (i32.eq (local.get $stream) (i32.const 11264))
                    (i32.eq (local.get $stream) (i32.const 12288))) (then
          (i32.store8 (global.get $to) (i32.load8_u offset=16640 (local.get $what)))
          (global.set $to (i32.add (global.get $to) (i32.const 1)))))
        ;; A block.
        (if (i32.eq (local.get $stream) (i32.const 4096)) (then
          (local.set $depth (i32.add (local.get $depth) (i32.const 1)))))
        ;; By what follows.
        (if (i32.and (local.get $operand) (i32.const 16)) (then
          (local.set $stream (i32.add (local.get $stream)
            (i32.shl (i32.load8_u (local.get $op)) (i32.const 2))))))
        ;; By what went before.
        (if (i32.and (local.get $operand) (i32.const 32)) (then
          (local.set $stream (i32.add (local.get $stream)
            (i32.shl (local.get $previous) (i32.const 2))))))
        (drop (call $number (local.get $stream)))
        (br $next)))
      ;; end
      (if (i32.eq (local.get $what) (i32.const 11)) (then
        (br_if $next (local.tee $depth (i32.sub (local.get $depth) (i32.const 1))))
        (i32.store (i32.const 2048) (local.get $op))
        (return)))
      ;; br_table
      (if (i32.eq (local.get $what) (i32.const 14)) (then
        (call $numbers (i32.const 6144)
          (i32.add (call $number (i32.const 6144)) (i32.const 1)))))
      ;; call_indirect
      (if (i32.eq (local.get $what) (i32.const 17)) (then
        (call $numbers (i32.const 10240) (i32.const 2))))
      ;; f32.const, f64.const
      (if (i32.eq (local.get $what) (i32.const 67)) (then
        (call $bytes (i32.const 10240) (i32.const 4))))
      (if (i32.eq (local.get $what) (i32.const 68)) (then
        (call $bytes (i32.const 10240) (i32.const 8))))
      ;; Saturating conversions, memory and tables.
      (if (i32.eq (local.get $what) (i32.const 252)) (then
        (local.set $operand (call $number (i32.const 10240)))
        (if (i32.gt_u (local.get $operand) (i32.const 7)) (then
          (call $numbers (i32.const 10240) (i32.const 1))
          (if (i32.and (i32.lt_u (local.get $operand) (i32.const 15))
                       (i32.eqz (i32.and (local.get $operand) (i32.const 1)))) (then
            (call $numbers (i32.const 10240) (i32.const 1))))))))
      (br $next)))

  ;; Writes what is before the code, the functions until their operations end, and what is behind.
  (func (export "merge") (param $to i32) (param $before i32) (param $end i32) (param $behind i32)
    (local $start i32) (local $groups i32) (local $size i32) (local $rest i32) (local $count i32)
    (global.set $to (local.get $to))
    (call $bytes (i32.const 0) (local.get $before))
    (loop $next
      (local.set $start (global.get $to))
      (local.set $groups (call $number (i32.const 3072)))
      (loop $more
        (if (local.get $groups) (then
          (drop (call $number (i32.const 3072)))
          (call $bytes (i32.const 3072) (i32.const 1))
          (local.set $groups (i32.sub (local.get $groups) (i32.const 1)))
          (br $more))))
      (call $body)
      ;; Its size goes in front of it.
      (local.set $size (i32.sub (global.get $to) (local.get $start)))
      (local.set $count (i32.const 0))
      (local.set $rest (local.get $size))
      (loop $more
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br_if $more (local.tee $rest (i32.shr_u (local.get $rest) (i32.const 7)))))
      (memory.copy (i32.add (local.get $start) (local.get $count)) (local.get $start) (local.get $size))
      (global.set $to (i32.add (global.get $to) (local.get $count)))
      (loop $more
        (i32.store8 (local.get $start) (i32.or (i32.and (local.get $size) (i32.const 127))
          (i32.shl (i32.gt_u (local.get $size) (i32.const 127)) (i32.const 7))))
        (local.set $start (i32.add (local.get $start) (i32.const 1)))
        (br_if $more (local.tee $size (i32.shr_u (local.get $size) (i32.const 7)))))
      (br_if $next (i32.lt_u (i32.load (i32.const 2048)) (local.get $end))))
    (call $bytes (i32.const 1024) (local.get $behind))))
