package io.github.swscan.text;

/** Where a run's tokens come from. */
public enum TokenSource {
    /** Prompts and an evaluation text, through the checkpoint's tokenizer. */
    PROMPTS("prompts"),
    /** Token ids that the user gave. */
    TOKEN_IDS("token-ids"),
    /** Random ids, for want of a tokenizer. */
    SYNTHETIC("synthetic");

    private final String label;

    TokenSource(String label) {
        this.label = label;
    }

    /** The name that reports use. */
    public String label() {
        return label;
    }
}
