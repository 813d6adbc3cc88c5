package io.github.swscan.cli.option;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * What {@code -o} names: a format, and where it goes.
 *
 * @param target empty for standard output
 */
public record Output(OutputFormat format, Optional<ReportTarget> target) {

    /** Reads one from the command line. */
    public static final class Converter implements ITypeConverter<Output> {

        private final ReportTarget.Converter targets = new ReportTarget.Converter();

        @Override
        public Output convert(String text) {
            String[] parts = text.split("=", 2);
            OutputFormat format = OutputFormat.of(parts[0])
                    .orElseThrow(() -> new TypeConversionException("%s is no format; formats are %s"
                            .formatted(
                                    parts[0],
                                    OutputFormat.names(EnumSet.copyOf(Arrays.asList(OutputFormat.values()))))));
            if (parts.length == 1) {
                return new Output(format, Optional.empty());
            }
            if (parts[1].isBlank()) {
                throw new TypeConversionException("%s lacks a file behind =".formatted(text));
            }
            return of(format, targets.convert(parts[1]));
        }
    }

    static Output of(OutputFormat format, ReportTarget target) {
        return new Output(format, Optional.of(target).filter(given -> !given.isStandardOutput()));
    }
}
