package io.github.swscan.architecture.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.swscan.architecture.Architecture;
import io.github.swscan.checkpoint.Checkpoint;
import io.github.swscan.checkpoint.tensor.TensorInfo;
import io.github.swscan.input.PrintableText;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Tells models that predict tokens from embedders, classifiers and reward models, which have the same blocks, and heads of
 * their own from shared ones.
 */
public final class LanguageHead {

    /** In elements: how much of two tables is compared, here and there. */
    private static final int COMPARED = 1 << 12;

    /** Classes without a language-modelling head, as transformers and those that follow it name them. */
    private static final Pattern WITHOUT = Pattern.compile(
            ".*(?<!LMHead|DoubleHeads)Model|.*For(Sequence|Token|Image|Audio)Classification|.*ForQuestionAnswering|"
                    + ".*ForMultipleChoice|.*ForNextSentencePrediction|ElectraForPreTraining|.*For(Reward|RewardModel(ing)?|Embedding|SequenceEmbedding|Retrieval)");

    private LanguageHead() {}

    /**
     * Whether the checkpoint has no head of its own, and none that it shares with the embedding: either it should have
     * one of its own, or config.json names a class that has none.
     *
     * @param tensor the name of the head, without {@code .weight}
     * @param tied whether the table of the embedding is the head as well
     * @param tensors those of the checkpoint; none if they are not known
     */
    static boolean isAbsent(String tensor, boolean tied, Set<String> tensors, Config config) {
        boolean stored = tensors.stream().anyMatch(name -> name.startsWith(tensor + "."));
        return !tensors.isEmpty()
                && !stored
                && (!tied || isOfClassWithout(config.options().get("architectures")));
    }

    /** Whether config.json names a class that has a head, of which the files hold none. */
    public static boolean isMissing(Config config, Architecture architecture) {
        JsonNode classes = config.options().path("architectures");
        return architecture.head().isEmpty() && !classes.isEmpty() && !isOfClassWithout(classes);
    }

    /** The same model, its head being the table of the embedding where both names stand for the same stored numbers. */
    public static Architecture shared(Architecture described, Checkpoint checkpoint) {
        String table = described.embedding().tokens();
        return described
                .head()
                .filter(head -> !head.vocabulary().weight().equals(table))
                .filter(head -> areOne(checkpoint.find(head.vocabulary().weight()), checkpoint.find(table)))
                .map(head -> described.withHead(head.inTable(table)))
                .orElse(described);
    }

    private static boolean areOne(Optional<TensorInfo> one, Optional<TensorInfo> other) {
        return one.isPresent()
                && other.isPresent()
                && one.get().shape().equals(other.get().shape())
                && one.get().elements() > 0
                && one.get().place(0).equals(other.get().place(0));
    }

    /** What readers should know of a head that is stored though it is said to be the table of the embedding. */
    public static Optional<String> note(Config config, Architecture architecture, Checkpoint checkpoint) {
        String table = architecture.embedding().tokens();
        return architecture
                .head()
                .map(head -> head.vocabulary().weight())
                .filter(own -> config.options().path("tie_word_embeddings").booleanValue() && !own.equals(table))
                .filter(own -> differ(
                        checkpoint,
                        checkpoint.find(own).orElseThrow(),
                        checkpoint.find(table).orElseThrow()))
                .map(own -> config.file().getFileName()
                        + " says that the head is the table of the embedding, but another is stored as "
                        + PrintableText.quoted(own) + ": that one was used.");
    }

    private static boolean differ(Checkpoint checkpoint, TensorInfo one, TensorInfo other) {
        long step = Math.max(COMPARED, one.elements() / 8);
        for (long from = 0; from < one.elements(); from += step) {
            int count = (int) Math.min(COMPARED, one.elements() - from);
            if (!Arrays.equals(checkpoint.floats(one, from, count, 1), checkpoint.floats(other, from, count, 1))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isOfClassWithout(JsonNode classes) {
        return classes != null
                && classes.isArray()
                && !classes.isEmpty()
                && WITHOUT.matcher(classes.get(0).asText()).matches();
    }
}
