/**
 * Files to named tensors: finds the files of a checkpoint, validates them completely before anything is used, and reads
 * tensor bytes into memory of the caller.
 *
 * <p>Everything read here is untrusted. What cannot be used is refused with an {@link
 * io.github.swscan.input.InputException} that names the file and the field.
 */
package io.github.swscan.checkpoint;
