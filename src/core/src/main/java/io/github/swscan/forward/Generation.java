package io.github.swscan.forward;

import io.github.swscan.architecture.Attention;
import io.github.swscan.architecture.Block;
import io.github.swscan.architecture.MixtureOfHeads;
import io.github.swscan.architecture.Rotary;
import io.github.swscan.architecture.TokenMixer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/**
 * Greedy continuations of a prompt, by the unedited model and by branches of it side by side: each token is the one that
 * the branch finds most likely. What tokens leave for later ones is kept, so that each further token of all branches costs
 * one reading of the checkpoint and no token is computed twice.
 *
 * <p>Super activations and means are put back within the prompt; behind it, every branch reads tokens of its own.
 */
public final class Generation {

    private final RunnableModel model;
    private final int[] prompt;
    private final List<Branch> edited;
    private final LongConsumer bytesRead;

    /**
     * @param prompt at least one token id, all within the vocabulary
     * @param edited branches whose edits and restorations are made
     * @param bytesRead is told of every part of the checkpoint that is read, in bytes
     */
    public Generation(RunnableModel model, int[] prompt, List<Branch> edited, LongConsumer bytesRead) {
        this.model = model;
        this.prompt = prompt.clone();
        this.edited = List.copyOf(edited);
        this.bytesRead = bytesRead;
    }

    /**
     * Continues the prompt.
     *
     * @param tokens how many tokens each continuation has, unless it ends; where positions are learned, prompt and tokens
     *     fit into the context
     * @param ends the tokens that end a continuation; it does not have them
     * @return the token ids of the unedited model's continuation, then those of the edited branches in order
     */
    public List<List<Integer>> continuations(int tokens, Set<Integer> ends) {
        List<List<Integer>> texts = new ArrayList<>();
        IntStream.rangeClosed(0, edited.size()).forEach(branch -> texts.add(new ArrayList<>()));
        try (Past past = new Past(model.engine().manager())) {
            int[] next = afterPrompt(past, prompt.length);
            for (int length = prompt.length + 1; length <= prompt.length + tokens; length++) {
                for (int branch = 0; branch < next.length; branch++) {
                    texts.get(branch).add(next[branch]);
                }
                boolean allEnded =
                        texts.stream().noneMatch(text -> ended(text, ends).isEmpty());
                if (allEnded || length == prompt.length + tokens) {
                    break;
                }
                if (rotatesAlike(length - 1, length)) {
                    next = after(past, length - 1, length, texts);
                } else {
                    past.forget();
                    afterPrompt(past, length);
                    next = after(past, prompt.length, length, texts);
                }
            }
        }
        return texts.stream().map(text -> ended(text, ends).orElse(text)).toList();
    }

    /** The text before the token that ends it, if one does. */
    private static Optional<List<Integer>> ended(List<Integer> text, Set<Integer> ends) {
        return IntStream.range(0, text.size())
                .filter(i -> ends.contains(text.get(i)))
                .mapToObj(i -> List.copyOf(text.subList(0, i)))
                .findFirst();
    }

    /** Reads the prompt, the same for all branches. */
    private int[] afterPrompt(Past past, int textLength) {
        Sequences sequences = Sequences.parts(List.of(prompt), 0, textLength);
        try (ForwardPass pass = new ForwardPass(model, sequences, bytesRead, past)) {
            List<Branch> branches = new ArrayList<>();
            branches.add(pass.original());
            for (Branch branch : edited) {
                branches.add(new Branch(sequences.all(), branch.edits(), branch.transform()));
            }
            return pass.run(branches).next(branches);
        }
    }

    /** Reads the tokens from a position on, every branch its own. */
    private int[] after(Past past, int firstPosition, int textLength, List<List<Integer>> texts) {
        List<int[]> parts = texts.stream()
                .map(text -> text.subList(firstPosition - prompt.length, text.size()).stream()
                        .mapToInt(Integer::intValue)
                        .toArray())
                .toList();
        Sequences sequences = Sequences.parts(parts, firstPosition, textLength);
        try (ForwardPass pass = new ForwardPass(model, sequences, bytesRead, past)) {
            List<Branch> branches = new ArrayList<>();
            branches.add(new Branch(List.of(0), List.of()));
            for (int i = 0; i < edited.size(); i++) {
                branches.add(new Branch(
                        List.of(i + 1), edited.get(i).edits(), edited.get(i).transform()));
            }
            return pass.run(branches).next(branches);
        }
    }

    /** Whether what is kept of a text is still right when the text gets longer. */
    private boolean rotatesAlike(int length, int longer) {
        return model.architecture().blocks().stream()
                .map(Block::mixer)
                .flatMap(mixer -> rotary(mixer).stream())
                .distinct()
                .allMatch(rotary -> Arrays.equals(rotary.frequencies(length), rotary.frequencies(longer))
                        && rotary.scaling().attentionFactor(length)
                                == rotary.scaling().attentionFactor(longer));
    }

    private static Optional<Rotary> rotary(TokenMixer mixer) {
        if (mixer instanceof MixtureOfHeads heads) {
            return heads.rotary();
        }
        return mixer instanceof Attention attention ? attention.rotary() : Optional.empty();
    }
}
