package io.github.swscan.weight;

/**
 * Something that the unedited model computes, put into a branch. No file can hold it. It is made in branches that are
 * planned before the run.
 */
public sealed interface PutBack extends Edit permits Restoration, SpikeMean {}
