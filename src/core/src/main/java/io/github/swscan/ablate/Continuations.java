package io.github.swscan.ablate;

import io.github.swscan.architecture.Attention;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.MixtureOfHeads;
import io.github.swscan.architecture.TokenMixer;
import io.github.swscan.forward.Branch;
import io.github.swscan.forward.Generation;
import io.github.swscan.forward.RunnableModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * How a prompt goes on, greedily, in the unedited model and in variants of it. As many variants as fit into memory with
 * the keys and values of their tokens run side by side; where there are more, the rest follows.
 */
public final class Continuations {

    /** What is kept of the tokens of all variants that run side by side. */
    private static final long MAX_KEPT_BYTES = 1_000_000_000L;

    private final RunnableModel model;
    private final int[] prompt;
    private final int tokens;
    private final Set<Integer> ends;
    private final long keptBytes;

    /**
     * @param prompt at least one token id
     * @param tokens how many follow, at least one; where positions are learned, all of them fit into the context
     * @param ends the tokens that end a text
     */
    public Continuations(RunnableModel model, int[] prompt, int tokens, Set<Integer> ends) {
        this(model, prompt, tokens, ends, MAX_KEPT_BYTES);
    }

    Continuations(RunnableModel model, int[] prompt, int tokens, Set<Integer> ends, long keptBytes) {
        this.model = model;
        this.prompt = prompt.clone();
        this.tokens = tokens;
        this.ends = Set.copyOf(ends);
        this.keptBytes = keptBytes;
    }

    /** How often so many variants have the checkpoint read at most: once for each token. */
    public int readings(int variants) {
        return tokens * Math.max(1, (variants + sideBySide() - 1) / sideBySide());
    }

    /**
     * Continues the prompt.
     *
     * @param bytesRead is told of every part of the checkpoint that is read, in bytes
     * @return the token ids of the unedited model's continuation, then those of the variants in order
     */
    public List<List<Integer>> run(List<Variant> variants, LongConsumer bytesRead) {
        List<List<Integer>> all = new ArrayList<>();
        int first = 0;
        do {
            List<Variant> group = variants.subList(first, Math.min(variants.size(), first + sideBySide()));
            List<Branch> branches =
                    group.stream().map(variant -> variant.branch(List.of(0))).toList();
            List<List<Integer>> continuations =
                    new Generation(model, prompt, branches, bytesRead).continuations(tokens, ends);
            all.addAll(all.isEmpty() ? continuations : continuations.subList(1, continuations.size()));
            first += group.size();
        } while (first < variants.size());
        return List.copyOf(all);
    }

    private int sideBySide() {
        long perToken = model.architecture().blocks().stream()
                .map(Block::mixer)
                .mapToLong(Continuations::kept)
                .sum();
        long perBranch = Math.max(1, Float.BYTES * perToken * (prompt.length + tokens));
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, keptBytes / perBranch - 1));
    }

    /** How many numbers a mixer keeps of each token. Others keep the same whatever the length. */
    private static long kept(TokenMixer mixer) {
        if (mixer instanceof Attention attention) {
            boolean latent = attention.projections() instanceof Attention.Latent;
            long heads = latent ? attention.heads() : attention.keyValueHeads();
            long ofGroups = attention
                    .compressors()
                    .mapToLong(
                            compressor -> compressor.shares().isPresent() ? 4L * compressor.size() : compressor.size())
                    .sum();
            return heads * (attention.headSize() + attention.valueSize()) + ofGroups;
        }
        return mixer instanceof MixtureOfHeads mixture ? 2L * mixture.heads() * mixture.headSize() : 0;
    }
}
