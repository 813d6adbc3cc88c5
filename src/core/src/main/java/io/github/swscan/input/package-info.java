/**
 * The door for whatever comes from outside: files and their state, text and JSON within bounds, and the refusals that
 * all readers share. What cannot be used is refused with an {@link io.github.swscan.input.InputException} that names
 * the file and the field.
 */
package io.github.swscan.input;
