//! The grid of frames.

/// How many columns and how large a cell, so that `count` square cells fill `width` by `height`.
/// A cell is at least one pixel, with a gap between cells as long as they are not tiny.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    pub columns: usize,
    pub cell: f64,
    pub gap: f64,
}

pub fn fit(count: usize, width: f64, height: f64) -> Grid {
    let count = count.max(1);
    let pitch_of =
        |columns: usize| (width / columns as f64).min(height / count.div_ceil(columns) as f64);
    // Columns in eights read best; of those, the ones that leave the largest cells.
    let wanted =
        ((count as f64 * width.max(1.0) / height.max(1.0)).sqrt() as usize).clamp(1, count);
    let near = (wanted / 8).saturating_sub(2).max(1)..=wanted / 8 + 3;
    let best = near
        .map(|eights| eights * 8)
        .max_by(|a, b| pitch_of(*a).total_cmp(&pitch_of(*b)));
    let columns = best.unwrap_or(8).min(count);
    let rows = count.div_ceil(columns);
    let pitch = (width / columns as f64).min(height / rows as f64).max(1.0);
    let gap = if pitch >= 5.0 {
        2.0
    } else if pitch >= 3.0 {
        1.0
    } else {
        0.0
    };
    Grid {
        columns,
        cell: pitch - gap,
        gap,
    }
}

impl Grid {
    pub fn place(&self, at: usize) -> (f64, f64) {
        let pitch = self.cell + self.gap;
        (
            (at % self.columns) as f64 * pitch,
            (at / self.columns) as f64 * pitch,
        )
    }

    /// The cell under a point; past the last column is none.
    pub fn at(&self, x: f64, y: f64) -> Option<usize> {
        let pitch = self.cell + self.gap;
        if x < 0.0 || y < 0.0 {
            return None;
        }
        let (column, row) = ((x / pitch) as usize, (y / pitch) as usize);
        (column < self.columns).then_some(row * self.columns + column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_fits() {
        for (count, width, height) in [
            (512, 420.0, 170.0),
            (256, 300.0, 200.0),
            (65_536, 600.0, 300.0),
            (1, 10.0, 10.0),
        ] {
            let grid = fit(count, width, height);
            let (x, y) = grid.place(count - 1);
            assert!(x + grid.cell <= width + 0.5, "{count} in {width}: {grid:?}");
            assert!(
                y + grid.cell <= height * 2.2,
                "{count} in {height}: {grid:?}"
            );
        }
    }

    #[test]
    fn a_point_finds_its_cell() {
        let grid = fit(512, 420.0, 170.0);
        for at in [0, 1, 31, 32, 511] {
            let (x, y) = grid.place(at);
            assert_eq!(grid.at(x + 1.0, y + 1.0), Some(at));
        }
        assert_eq!(grid.at(-1.0, 5.0), None);
    }
}
