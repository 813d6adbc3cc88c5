package io.github.swscan.ablate;

import java.io.Serializable;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Which experiments are made.
 *
 * @param kinds of the variants; of whole rows and columns only those are made that {@link Variant.Kind#takesLines}
 * @param full whether every kind has all of its variants; else only the strongest weight is flipped, and means are put
 *     back for all weights together alone
 * @param scales the factors of the sweep; 1 changes nothing and 0 is removal, both are left out of it
 * @param controls how many control weights there are for each weight
 * @param largest how many of the largest other weights are removed together; 0 for none
 * @param seed of the random choices
 */
public record AblationSettings(
        Set<Variant.Kind> kinds, boolean full, List<Double> scales, int controls, int largest, long seed)
        implements Serializable {

    /** The sweep of "The Super Weight in Large Language Models" (arXiv 2411.07191, section 3.2). */
    public static final List<Double> DEFAULT_SCALES = List.of(0.2, 0.5, 0.8, 1.5, 2.0, 3.0);

    public static final int DEFAULT_CONTROLS = 3;

    /**
     * The kinds that answer the first questions about weights: what each does alone and all do together, whether it is the
     * sign or the size that counts, whether a constant at a few tokens is all there is to it, and whether any other weight
     * would do.
     */
    public static final Set<Variant.Kind> FIRST_KINDS = Collections.unmodifiableSet(EnumSet.of(
            Variant.Kind.REMOVE,
            Variant.Kind.SET,
            Variant.Kind.FLIP,
            Variant.Kind.MEAN,
            Variant.Kind.RESTORE,
            Variant.Kind.CONTROL));

    /** What is made where nobody says what. */
    public static final AblationSettings STANDARD =
            new AblationSettings(FIRST_KINDS, false, DEFAULT_SCALES, DEFAULT_CONTROLS, 0, 0);

    public AblationSettings {
        kinds = Set.copyOf(kinds);
        scales = List.copyOf(scales);
    }

    /**
     * How many variants are made of so many weights, and sets among them, at most: control weights may be too few, and of
     * rows and columns some kinds are not made.
     */
    public int mostVariants(int weights, int sets) {
        return kinds.stream()
                .mapToInt(kind -> mostVariants(kind, weights, sets))
                .sum();
    }

    private int mostVariants(Variant.Kind kind, int weights, int sets) {
        int all = weights > 1 ? 1 : 0;
        boolean several = weights > 2;
        return switch (kind) {
            case REMOVE -> weights + all;
            case KEEP -> several ? weights : 0;
            case PAIRS -> several ? weights * (weights - 1) / 2 : 0;
            case SET -> sets;
            case SCALE -> (weights + all) * (int) scales.stream().distinct().count();
            case FLIP -> full ? weights + all : 1;
            case ROW, COLUMN -> weights;
            case MEAN -> weights == 1 || full ? weights + all : all;
            case RESTORE -> 1;
            case CONTROL -> controls;
            case LARGEST -> makesLargest() ? 1 : 0;
        };
    }

    /** Whether the largest other weights are removed, for which the checkpoint is read. */
    public boolean makesLargest() {
        return kinds.contains(Variant.Kind.LARGEST) && largest > 0;
    }

    /** All variants of all kinds. */
    public AblationSettings inFull() {
        return new AblationSettings(EnumSet.allOf(Variant.Kind.class), true, scales, controls, largest, seed);
    }
}
