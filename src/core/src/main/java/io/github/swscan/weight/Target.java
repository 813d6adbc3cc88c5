package io.github.swscan.weight;

/** What an experiment is about: one weight, or a whole row or column of them. */
public sealed interface Target permits StoredWeight, WeightLine {

    /** The linear map that it is in. */
    Site site();
}
