import {
  BackendError,
  CompileError,
  ConfigError,
  DtypeError,
  FormatError,
  GradientError,
  GraphError,
  OptionError,
  OwnershipError,
  ShapeError,
  TesseraeError,
} from '@tesserae/tensor';
import type { ErrorFacts } from '@tesserae/tensor';
import type { PortableError } from './channel.js';

const CLASSES: Readonly<Record<string, new (facts: ErrorFacts) => TesseraeError>> = {
  BackendError,
  CompileError,
  ConfigError,
  DtypeError,
  FormatError,
  GradientError,
  GraphError,
  OptionError,
  OwnershipError,
  ShapeError,
  TesseraeError,
};

/** An error as data that can be posted to another thread; a cause that is an error becomes its message. */
export function toPortable(error: unknown): PortableError {
  if (!(error instanceof Error))
    return { name: 'Error', message: String(error), stack: undefined, facts: undefined };
  const { name, message, stack } = error;
  if (!(error instanceof TesseraeError)) return { name, message, stack, facts: undefined };
  const { cause, ...facts } = error.facts;
  const text = cause instanceof Error ? cause.message : cause;
  return { name, message, stack, facts: cause === undefined ? facts : { ...facts, cause: text } };
}

/** The error again, of its own class where that is one of ours. */
export function fromPortable({ name, message, stack, facts }: PortableError): Error {
  const Class = CLASSES[name];
  const error = Class === undefined || facts === undefined ? new Error(message) : new Class(facts as never);
  error.stack = `${stack ?? message}\n    (in the worker of backend-onnx)`;
  return error;
}
