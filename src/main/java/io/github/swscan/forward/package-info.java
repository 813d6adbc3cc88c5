/** The streamed forward pass: one decoder block for all families, with branches, edits and probes. */
package io.github.swscan.forward;
