import { readFileSync, readdirSync } from 'node:fs';
import { createCpuBackend } from '@tesserae/backend-cpu';
import { bytesSource, openSafetensors, loadParams } from '@tesserae/weights';
import { ARCHITECTURES } from './src/index.ts';
import { runForward } from './src/forward.ts';
import { castHost } from '@tesserae/tensor';
const dir=process.argv[2]!; const only=process.argv[3];
const backend = process.env.BK==='onnx' ? await (await import("@tesserae/backend-onnx/node")).createOnnxNodeBackend({worker:false}) : createCpuBackend();
for (const f of readdirSync(dir).filter(f=>f.endsWith('.safetensors') && (!only || f.includes(only)))) {
  const src=bytesSource(f,new Uint8Array(readFileSync(dir+'/'+f)));
  const file=await openSafetensors(src);
  const cls=file.metadata.class?.split(' ')[0]!; const arch=ARCHITECTURES[cls]; if(!arch||!file.metadata.config){console.log('skip',f,cls);continue;}
  if(!file.names.some(n=>n.startsWith('weight/'))||!file.names.some(n=>n.startsWith('output/l'))){console.log('skip',f);continue;}
  const config=arch.readConfig(JSON.parse(file.metadata.config),{});
  const sub={ name:f, names:file.names.filter(n=>n.startsWith('weight/')).map(n=>n.slice(7)), metadata:{}, has:(n:string)=>file.has('weight/'+n), spec:(n:string)=>file.spec('weight/'+n), read:(n:string,o:any)=>file.read('weight/'+n,o), readIntegers:(n:string,o:any)=>file.readIntegers('weight/'+n,o)};
  const specs=await arch.paramSpec(config,sub as any);
  const t0=performance.now();
  try {
  const {params}=await loadParams(specs,sub as any,{basePrefix:arch.basePrefix,allowUnexpected:(n)=>arch.ignoredNames.some(p=>p.test(n))});
  const inputs:any={}; for (const n of file.names.filter(n=>n.startsWith('input/'))) inputs[n.slice(6)]=await file.readIntegers(n);
  const model:any={architecture:arch,config,specs,params};
  const r=await runForward(model,inputs,{backend,withGrads:true});
  const diff=(a:any,b:any)=>{let m=0,s=0;for(let i=0;i<a.data.length;i++){m=Math.max(m,Math.abs(a.data[i]-b.data[i]));s=Math.max(s,Math.abs(b.data[i]));}return [m,m/(s||1)]};
  let out=''; for(const [n,v] of Object.entries(r.outputs)){const g=['output/'+n,'output/'+n.replace('_state','')].find(x=>file.has(x)); if(!g){out+=` ${n}:nogold`;continue;} const gold=await file.read(g); out+=` ${n}:${diff(v,gold)[0]!.toExponential(1)}`;}
  let worst=0,wn='',missing=0; const zero=file.metadata.zero_gradients??''; for(const n of file.names.filter(n=>n.startsWith('grad/'))){const g=r.grads[n.slice(5)]; if(!g){missing++;continue;} const d=diff(g,await file.read(n)); const v=zero.includes(n.slice(5))||d[0]!<1e-7?0:d[1]!; if(v>worst){worst=v;wn=n}}
  console.log(f.padEnd(48),cls,out,'grad',worst.toExponential(1),wn,'missing',missing,(performance.now()-t0).toFixed(0)+'ms');
  } catch(e:any){console.log(f,cls,'ERR',e.stack?.split('\n').slice(0,8).join('\n'))}
}
await backend.close();
