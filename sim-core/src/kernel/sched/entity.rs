//! What the scheduler keeps per task (struct sched_entity).

/// kernel/sched/core.c: each step of nice is about 10 % of CPU time.
const WEIGHTS: [u32; 40] = [
    88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916, 9548, 7620, 6100, 4904,
    3906, 3121, 2501, 1991, 1586, 1277, 1024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110, 87,
    70, 56, 45, 36, 29, 23, 18, 15,
];

/// Weight of nice 0.
pub const NICE_0_WEIGHT: u64 = 1024;
/// `base_slice_ns` as on a machine with 8 or more CPUs: 2.8 ms.
pub const BASE_SLICE_NS: u64 = 2_800_000;

/// Weight of a nice value, clamped to -20..=19.
pub fn weight_of_nice(nice: i8) -> u32 {
    let at = usize::from((i16::from(nice) + 20).clamp(0, 39) as u16);
    WEIGHTS.get(at).copied().unwrap_or(NICE_0_WEIGHT as u32)
}

/// The nice value whose weight is nearest (cpu_weight_nice_read_s64).
pub fn nice_of_weight(weight: u32) -> i8 {
    let mut last = u32::MAX;
    for (nice, each) in (-20..).zip(WEIGHTS) {
        let distance = each.abs_diff(weight);
        if distance >= last {
            return nice - 1;
        }
        last = distance;
    }
    19
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SchedEntity {
    pub nice: i8,
    /// Invariant: the weight of `nice`.
    pub weight: u32,
    /// Time run, in ns divided by weight: a heavy task's grows slowly.
    pub vruntime: u64,
    /// Virtual deadline of the present slice.
    pub deadline: u64,
    /// How far behind (positive) or ahead of the average it was when it went to sleep.
    pub vlag: i64,
}

impl Default for SchedEntity {
    fn default() -> Self {
        Self {
            nice: 0,
            weight: NICE_0_WEIGHT as u32,
            vruntime: 0,
            deadline: 0,
            vlag: 0,
        }
    }
}

impl SchedEntity {
    pub fn set_nice(&mut self, nice: i8) {
        self.nice = nice;
        self.weight = weight_of_nice(nice);
    }

    /// Real ns to virtual ns (calc_delta_fair).
    pub fn to_virtual(&self, ns: u64) -> u64 {
        if u64::from(self.weight) == NICE_0_WEIGHT {
            return ns;
        }
        (u128::from(ns) * u128::from(NICE_0_WEIGHT) / u128::from(self.weight.max(1))) as u64
    }

    /// Virtual ns to real ns.
    pub fn to_real(&self, virtual_ns: u64) -> u64 {
        if u64::from(self.weight) == NICE_0_WEIGHT {
            return virtual_ns;
        }
        (u128::from(virtual_ns) * u128::from(self.weight) / u128::from(NICE_0_WEIGHT)) as u64
    }

    /// Charges time; a used-up slice gets a new deadline. Returns whether it was used up.
    #[inline(always)]
    pub fn run_for(&mut self, ns: u64) -> SliceUsed {
        self.vruntime = self.vruntime.saturating_add(self.to_virtual(ns));
        if self.vruntime < self.deadline {
            return SliceUsed::No;
        }
        self.deadline = self.vruntime.saturating_add(self.to_virtual(BASE_SLICE_NS));
        SliceUsed::Yes
    }

    /// Whether so much more time would use up the slice.
    #[inline(always)]
    pub fn uses_up_slice(&self, ns: u64) -> bool {
        self.vruntime.saturating_add(self.to_virtual(ns)) >= self.deadline
    }

    /// Real ns until the slice is used up.
    pub fn slice_left_ns(&self) -> u64 {
        self.to_real(self.deadline.saturating_sub(self.vruntime))
            .max(1)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SliceUsed {
    No,
    Yes,
}
