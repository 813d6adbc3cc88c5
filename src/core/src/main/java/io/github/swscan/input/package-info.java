/**
 * The door for whatever comes from outside: the bytes of a model's files wherever they are kept, the state of files, text
 * and JSON within bounds, and the refusals that all readers share. What cannot be used is refused with an {@link
 * io.github.swscan.input.InputException} that names the file and the field.
 */
package io.github.swscan.input;
