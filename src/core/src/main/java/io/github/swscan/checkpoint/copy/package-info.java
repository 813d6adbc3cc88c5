/** Copies of checkpoints in which single weights have other values. */
package io.github.swscan.checkpoint.copy;
