/** Weights that are stored as codes of few bits: how each layout is laid out, and how its codes become numbers. */
package io.github.swscan.checkpoint.quantized;
