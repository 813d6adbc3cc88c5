package io.github.swscan.text.tokenizer;

import io.github.swscan.input.ByteSource;
import io.github.swscan.input.InputException;
import io.github.swscan.input.Repository;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The tokens of a tokenizer that have a part to play, by the ids that it gives them.
 *
 * @param mask the one that stands for a token to predict; empty if there is none
 * @param special all of them, and what the tokenizer puts around every text
 */
public record NamedTokens(OptionalInt mask, Set<Integer> special) {

    private static final String MASK = "mask_token";

    /** How masks are written where no file says it. */
    private static final List<String> MASKS = List.of("[MASK]", "<mask>");

    public NamedTokens {
        special = Set.copyOf(special);
    }

    /**
     * As {@code tokenizer_config.json} and {@code special_tokens_map.json} name them.
     *
     * @param tokenizer is open
     * @param repository where the files lie
     * @param watched has a source looked at again when the model was read
     * @throws InputException if such a file cannot be used
     */
    public static NamedTokens of(Tokenizer tokenizer, Repository repository, UnaryOperator<ByteSource> watched) {
        SettingsFile none = SettingsFile.none(tokenizer.file());
        Map<String, String> named = SpecialTokens.read(
                        new SpecialTokens.Sources(
                                settings(repository, watched, "tokenizer_config.json", none),
                                settings(repository, watched, "special_tokens_map.json", none),
                                none),
                        Map.of(),
                        List.of())
                .parts();
        OptionalInt mask = Stream.concat(Stream.ofNullable(named.get(MASK)), MASKS.stream())
                .map(tokenizer::id)
                .flatMapToInt(OptionalInt::stream)
                .findFirst();
        Set<Integer> special = new HashSet<>();
        named.values().forEach(token -> tokenizer.id(token).ifPresent(special::add));
        mask.ifPresent(special::add);
        Stream.of(tokenizer.leadingSpecialTokens(), tokenizer.trailingSpecialTokens())
                .flatMapToInt(Arrays::stream)
                .forEach(special::add);
        return new NamedTokens(mask, special);
    }

    private static SettingsFile settings(
            Repository repository, UnaryOperator<ByteSource> watched, String name, SettingsFile otherwise) {
        return repository
                .find(name)
                .map(repository::source)
                .map(watched)
                .map(SettingsFile::read)
                .orElse(otherwise);
    }
}
