//! Crops a face as Mien does, in Rust's standard library alone: rustc -O crop.rs
//! crop frame.rgb WIDTH HEIGHT x1 y1 ... x5 y5 > face.gray   (48 x 48 bytes, gray)
use std::io::Write;
const SIDE: usize = 48;
const FACE: [(f64, f64); 5] = [(0.316, 0.377), (0.684, 0.368), (0.5, 0.588), (0.348, 0.785), (0.66, 0.778)];

/// Rec. 601 luma in 16 bits of fraction.
fn gray(rgb: &[u8]) -> Vec<u8> {
    rgb.chunks_exact(3)
        .map(|p| ((p[0] as u32 * 19595 + p[1] as u32 * 38470 + p[2] as u32 * 7471 + 32768) >> 16) as u8)
        .collect()
}

/// The least-squares similarity from the crop's pixels to the image's (Umeyama 1991): z -> turn * z + shift.
fn fit(points: &[(f64, f64)]) -> ((f64, f64), (f64, f64)) {
    let goals: Vec<(f64, f64)> = FACE.iter().map(|p| (p.0 * SIDE as f64, p.1 * SIDE as f64)).collect();
    let mean = |list: &[(f64, f64)]| (list.iter().map(|p| p.0).sum::<f64>() / 5.0, list.iter().map(|p| p.1).sum::<f64>() / 5.0);
    let (middle, goal) = (mean(points), mean(&goals));
    let (mut re, mut im, mut spread) = (0.0, 0.0, 0.0);
    for (p, g) in points.iter().zip(&goals) {
        let (px, py, gx, gy) = (p.0 - middle.0, p.1 - middle.1, g.0 - goal.0, g.1 - goal.1);
        re += px * gx + py * gy;
        im += px * gy - py * gx;
        spread += px * px + py * py;
    }
    let size = (re * re + im * im) / spread; // landmarks that coincide have no size; Mien takes the pixels around them
    let turn = (re / size, -im / size);
    (turn, (middle.0 - turn.0 * goal.0 + turn.1 * goal.1, middle.1 - turn.1 * goal.0 - turn.0 * goal.1))
}

/// Reads between the pixels; beyond the edges, the edge.
fn bilinear(image: &[u8], width: usize, height: usize, x: f64, y: f64) -> f64 {
    let (x, y) = (x.clamp(0.0, (width - 1) as f64), y.clamp(0.0, (height - 1) as f64));
    let (left, top) = (x as usize, y as usize);
    let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
    let at = |column: usize, row: usize| image[row * width + column] as f64;
    let upper = at(left, top) + (x - left as f64) * (at(right, top) - at(left, top));
    let lower = at(left, bottom) + (x - left as f64) * (at(right, bottom) - at(left, bottom));
    upper + (y - top as f64) * (lower - upper)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let numbers: Vec<f64> = arguments[2..].iter().map(|text| text.parse().expect("a number")).collect();
    let (width, height) = (numbers[0] as usize, numbers[1] as usize);
    let image = gray(&std::fs::read(&arguments[1]).expect("the frame"));
    let points: Vec<(f64, f64)> = numbers[2..].chunks_exact(2).map(|p| (p[0], p[1])).collect();
    let (turn, shift) = fit(&points);
    let k = (turn.0.hypot(turn.1) - 1e-6).ceil().clamp(1.0, 8.0) as usize; // k x k samples a pixel
    let place = |pixel: usize, sub: usize| pixel as f64 + (sub as f64 + 0.5) / k as f64;
    let face: Vec<u8> = (0..SIDE * SIDE).map(|pixel| {
        let samples = (0..k * k).map(|sub| {
            let (s, t) = (place(pixel % SIDE, sub % k), place(pixel / SIDE, sub / k));
            let (x, y) = (turn.0 * s - turn.1 * t + shift.0 - 0.5, turn.1 * s + turn.0 * t + shift.1 - 0.5);
            bilinear(&image, width, height, x, y)
        });
        (samples.sum::<f64>() / (k * k) as f64).round_ties_even() as u8
    }).collect();
    std::io::stdout().write_all(&face).expect("written");
}
