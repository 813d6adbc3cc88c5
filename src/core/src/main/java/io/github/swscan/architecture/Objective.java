package io.github.swscan.architecture;

/** What a model is trained to predict of the text that it reads. */
public enum Objective {
    /** At each token the one that comes next. */
    NEXT_TOKEN,
    /** At a token that is masked the one that stands there. */
    MASKED_TOKEN
}
