package io.github.swscan.report.finding;

import java.util.Arrays;
import java.util.Optional;

/**
 * A kind of finding. Identifiers are stable: tools that keep findings from run to run know them by these.
 *
 * <p>Severities are those of GitHub code scanning: above 9.0 critical, from 7.0 high, from 4.0 medium. That a model hangs on
 * a few weights is the nature of large models and asks for care, not for a fix; so it stays below what makes a check fail.
 */
public enum FindingRule {
    /** Weights whose removal together is critical. */
    CRITICAL_SET(
            "critical-set",
            "Critical set of super weights",
            "A few weights together carry the model: without them it writes gibberish, though each alone may do little.",
            "Keep these weights exact when the model is quantized, pruned, merged or fine-tuned, and guard them against "
                    + "tampering. `swscan ablate` measures what else happens to them.",
            "4.5"),
    /** A weight whose removal alone is critical. */
    CRITICAL_WEIGHT(
            "critical-weight",
            "Critical super weight",
            "One weight carries the model: without it the model writes gibberish.",
            "Keep this weight exact when the model is quantized, pruned, merged or fine-tuned, and guard it against "
                    + "tampering. `swscan ablate` measures what else happens to it.",
            "5.0"),
    /** Weights that matter together, though not critically. */
    WEIGHT_SET(
            "weight-set",
            "Set of super weights",
            "Some weights together matter to the model far more than ordinary weights do.",
            "Keep these weights exact when the model is quantized, pruned, merged or fine-tuned.",
            "1.5"),
    /** A weight that matters, though not critically. */
    SUPER_WEIGHT(
            "super-weight",
            "Super weight",
            "A single weight matters to the model, alone or with others, far more than ordinary weights do.",
            "Keep this weight exact when the model is quantized, pruned, merged or fine-tuned.",
            "1.0"),
    /** A weight whose sign is critical, whatever its removal does. */
    CRITICAL_SIGN(
            "critical-sign",
            "Weight whose sign is critical",
            "Turning the sign of one weight, which is one bit, destroys the model.",
            "Guard this weight against flipped bits in memory and in files.",
            "5.5"),
    /** What a baseline tells is another now. */
    SUPER_WEIGHT_CHANGED(
            "super-weight-changed",
            "Super weight changed",
            "A super weight, a set or what it does is not what the baseline has.",
            "Find out what changed the model. If the change is wanted, take the new report as the baseline.",
            "7.0"),
    /** The model computes NaN or infinities. */
    NON_FINITE(
            "non-finite",
            "Numbers that are not finite",
            "The model computes NaN or infinities: it is broken, and nothing can be proven about its weights.",
            "Restore the tensor from the original checkpoint.",
            "8.0"),
    /** A file of weights that wants to run code when it is opened. */
    UNSAFE_PICKLE(
            "unsafe-pickle",
            "Pickle that loads what no weights need",
            "The file asks the program that opens it to load a Python object that no file of weights needs. It may run any "
                    + "code. swscan loaded nothing of it.",
            "Do not open the file with other programs unless you trust its author. Ask for safetensors.",
            "9.5"),
    /** A file that is not what was signed. */
    TAMPERED(
            "tampered",
            "Model that was tampered with",
            "The model is not what its manifest or signature says.",
            "Restore the model from a source that you trust.",
            "9.5");

    private final String id;
    private final String title;
    private final String description;
    private final String help;
    private final String severity;

    FindingRule(String id, String title, String description, String help, String severity) {
        this.id = id;
        this.title = title;
        this.description = description;
        this.help = help;
        this.severity = severity;
    }

    /** The one with an identifier. */
    public static Optional<FindingRule> of(String id) {
        return Arrays.stream(values()).filter(rule -> rule.id.equals(id)).findFirst();
    }

    public String id() {
        return id;
    }

    /** A few words. */
    public String title() {
        return title;
    }

    /** One sentence or two. */
    public String description() {
        return description;
    }

    /** What to do, in Markdown. */
    public String help() {
        return help;
    }

    /** From 0.1 to 10.0, as text. */
    public String severity() {
        return severity;
    }

    /** Whether something is wrong with the model, whatever it is held to. */
    public boolean isFault() {
        return this == NON_FINITE || this == UNSAFE_PICKLE || this == TAMPERED;
    }
}
