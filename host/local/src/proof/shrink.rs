//! The shortest and smallest bytes that still fail.

/// Makes bytes simpler as long as `fails` holds: without a part, with a part zero, with smaller numbers.
pub fn shrink(bytes: &[u8], mut fails: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut best = bytes.to_vec();
    loop {
        let before = best.clone();
        let mut size = best.len().max(1);
        while size > 0 {
            let mut start = 0;
            while start < best.len() {
                let end = best.len().min(start + size);
                let mut shorter = best.clone();
                shorter.drain(start..end);
                let mut zeroed = best.clone();
                zeroed[start..end].fill(0);
                if fails(&shorter) {
                    best = shorter;
                } else if zeroed != best && fails(&zeroed) {
                    best = zeroed;
                } else {
                    start = end;
                }
            }
            size /= 2;
        }
        for place in 0..best.len() {
            for smaller in [best[place] / 2, best[place].saturating_sub(1)] {
                let mut lower = best.clone();
                lower[place] = smaller;
                if smaller < best[place] && fails(&lower) {
                    best = lower;
                }
            }
        }
        if best == before {
            return best;
        }
    }
}
