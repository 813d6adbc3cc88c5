/**
 * Files to named tensors: finds the files of a checkpoint, validates them completely before anything is used, and hands
 * out tensor bytes as memory-mapped slices.
 *
 * <p>Everything read here is untrusted. What cannot be used is refused with an {@link
 * io.github.swscan.input.InputException} that names the file and the field.
 */
package io.github.swscan.checkpoint;
