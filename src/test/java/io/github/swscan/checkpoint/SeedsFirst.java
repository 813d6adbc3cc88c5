package io.github.swscan.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.support.ParameterDeclarations;

/**
 * Gives a fuzz test its seeds before the fuzzer's clock runs, so that classes are loaded by then: no input is slow for
 * that. In a run of the tests it gives nothing, for the seeds are tried anyway.
 */
public final class SeedsFirst implements ArgumentsProvider {

    @Override
    public Stream<Arguments> provideArguments(ParameterDeclarations parameters, ExtensionContext context)
            throws IOException, URISyntaxException {
        return System.getenv("JAZZER_FUZZ") == null ? Stream.empty() : seeds(context);
    }

    private static Stream<Arguments> seeds(ExtensionContext context) throws IOException, URISyntaxException {
        Class<?> test = context.getRequiredTestClass();
        String folder = test.getSimpleName() + "Inputs/"
                + context.getRequiredTestMethod().getName();
        try (Stream<Path> seeds = Files.list(Path.of(test.getResource(folder).toURI()))) {
            List<Arguments> inputs =
                    seeds.map(seed -> Arguments.of((Object) content(seed))).toList();
            return inputs.stream();
        }
    }

    private static byte[] content(Path seed) {
        try {
            return Files.readAllBytes(seed);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
